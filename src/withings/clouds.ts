/** Withings is two services that know nothing of each other: the world's, and the US Medical Cloud. */
export type Cloud = 'eu' | 'us';

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
