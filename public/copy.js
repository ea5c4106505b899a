// A button beside a text that copies it. Without it the text is marked and copied by hand.

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break; // this address is not a secure one
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = button.parentElement.querySelector('code').textContent;
    const isDone = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    button.textContent = isDone ? 'Copied' : 'Not copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2000);
  });
}
