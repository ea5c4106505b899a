/** What Withings' documentation shows, for clients that have nothing for it: a refresh, and a call for data. */
export async function refresh({ tokenUrl, clientId, clientSecret }, refreshToken) {
  const body = await ask(tokenUrl, {
    action: 'requesttoken',
    grant_type: 'refresh_token',
    client_id: clientId,
    client_secret: clientSecret,
    refresh_token: refreshToken,
  });
  return { accessToken: body.access_token, refreshToken: body.refresh_token };
}

export async function weights({ apiUrl }, accessToken) {
  const fields = { action: 'getmeas', meastypes: '1' };
  return (await ask(`${apiUrl}measure`, fields, { Authorization: `Bearer ${accessToken}` })).measuregrps;
}

async function ask(url, fields, headers = {}) {
  const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(fields) });
  const { status, error, body } = await answer.json();
  if (status !== 0) throw new Error(error);
  return body;
}
