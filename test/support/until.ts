/** Bounded: what happens in the background has happened, or the test fails and says `what` has not. */
export async function until(happened: () => Promise<boolean> | boolean, what = 'it'): Promise<void> {
  for (let looks = 0; looks < 1000; looks += 1) {
    if (await happened()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`It did not happen: ${what}`);
}
