import { createCluster } from './cluster.js';

/** @type {Awaited<ReturnType<typeof createCluster>> | undefined} */
export let clusterOfTheSuites;

/** One PostgreSQL for all suites, on a free port, in a folder of its own; each app gets a database of its own. */
// biome-ignore lint/style/noDefaultExport: Jest calls the default export
export default async function start() {
  clusterOfTheSuites = await createCluster();
  await clusterOfTheSuites.start();
  process.env.TEST_DATABASE_URL = clusterOfTheSuites.url();
}
