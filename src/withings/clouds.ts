/** Withings is two services that know nothing of each other: the world's, and the US Medical Cloud. */
export type Cloud = 'eu' | 'us';

/**
 * Whose user ids and tokens these are: `eu` and `us` for Withings' clouds, `sandbox` for the one inside this program, the
 * origin of its API for any other. What one issuer says of an id means nothing at another.
 */
export type Issuer = string;

/** Hosts by cloud. Source: Withings, "Create your accesses" and "OAuth authorization URL". */
export const CLOUDS: Record<Cloud, { authorizeUrl: string; apiUrl: string }> = {
  eu: {
    authorizeUrl: 'https://account.withings.com/oauth2_user/authorize2',
    apiUrl: 'https://wbsapi.withings.net/',
  },
  us: {
    authorizeUrl: 'https://account.us.withingsmed.com/oauth2_user/authorize2',
    apiUrl: 'https://wbsapi.us.withingsmed.net/',
  },
};

/** @param apiUrl absolute */
export function issuerAt(apiUrl: string): Issuer {
  const { origin } = new URL(apiUrl);
  const clouds = Object.keys(CLOUDS) as Cloud[];
  return clouds.find((cloud) => new URL(CLOUDS[cloud].apiUrl).origin === origin) ?? origin;
}
