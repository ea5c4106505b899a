import { clusterOfTheSuites } from './start.js';

// biome-ignore lint/style/noDefaultExport: Jest calls the default export
export default async function end() {
  await clusterOfTheSuites?.kill();
  clusterOfTheSuites?.remove();
}
