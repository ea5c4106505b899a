/** How long the app waits for Withings. */
export const TIMEOUT_MS = 500;
/** As in src/withings/turns.ts: how long a call waits for its turn. */
const TURN_MS = 2000;
/** As in src/tokens/renewal.ts. */
export const LEASE_MS = 2 * (TIMEOUT_MS + TURN_MS) + 1000;

/**
 * The settings of one process of the app.
 *
 * @param {object} about
 * @param {string} about.name
 * @param {string} about.publicUrl
 * @param {number} about.portOfModel where Withings is
 * @param {{ dataDir: string, secret: string }} about.ground
 * @param {Record<string, string>} about.store where it lies
 * @returns {Record<string, string>}
 */
export function settingsOf({ name, publicUrl, portOfModel, ground, store }) {
  const model = `http://127.0.0.1:${portOfModel}`;
  return {
    HOST: '127.0.0.1',
    PUBLIC_URL: publicUrl,
    DATA_DIR: ground.dataDir,
    ...store,
    SESSION_SECRET: ground.secret,
    WITHINGS_CLIENT_ID: 'torture',
    WITHINGS_CLIENT_SECRET: 'torture-secret',
    WITHINGS_AUTHORIZE_URL: `${model}/oauth2_user/authorize2`,
    WITHINGS_API_URL: `${model}/${name}/`,
    WITHINGS_ISSUER: 'eu', // by which the judge looks for the records
    WITHINGS_TIMEOUT_MS: String(TIMEOUT_MS),
    WITHINGS_CALLS_PER_MINUTE: '100000', // nobody stands in line here
    SWEEP_SECONDS: '1',
    LOG_LEVEL: 'error',
  };
}
