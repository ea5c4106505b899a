/** Why each is there, in a line: what a browser carries, what is posted to Withings, what comes back. */
export const REASONS: Record<string, string> = {
  response_type: 'Asks for a code, and not for a token in an address.',
  client_id: 'Says which application asks. No secret.',
  state:
    'Everything about this attempt, sealed: who began it, until when it counts, where it leads. Withings carries it there and back, and nobody else can make one.',
  scope:
    'What is asked for, and what was given: that may be less. Withings separates by commas, where others use spaces.',
  redirect_uri:
    'Where Withings sends the browser back to. Byte for byte as registered, and the same again with the code.',
  mode: 'Withings’ demo user, without an account.',
  code: 'Stands for the consent. Good for 30 seconds, once, and only together with the client secret.',
  error: 'Withings says so in place of a code (RFC 6749).',
  error_description: 'More about that, for people.',
  action: 'Withings has several actions at one address.',
  client_secret: 'Proves that it is us. It goes from server to server, and never through a browser.',
  grant_type: 'What is exchanged for tokens.',
  refresh_token: 'Buys the next pair. It is replaced each time.',
  nonce: 'A word of Withings’ own that counts once: a signed request cannot be sent again.',
  timestamp: 'By our clock. A clock that is wrong is refused.',
  signature:
    'HMAC-SHA256 over the action, the client id and the nonce (or the time), under the secret, which is not sent itself.',
  userid: 'Whose account that is: Withings has no other way to say who has signed in.',
  access_token: 'Opens the data for three hours.',
  expires_in: 'Seconds until the access token ends.',
  csrf_token: 'Comes with every pair, and nothing is done with it.',
  token_type: 'Whoever bears it may use it: hence nobody is shown it.',
};

/** The purposes of our cookies. */
export const COOKIES: Record<string, string> = {
  connect: 'Ties the attempt to this browser: a callback that somebody else brings counts nothing.',
  session: 'The new session id. The one before is dead, so nobody can have planted it.',
  results: 'How the attempt failed, for the page that says so: sealed, ten minutes.',
  receipt: 'Taken back: it was said already.',
  notice: 'Taken back: it was said already.',
};

/** Who wants a refresh, and why. */
export const TRIGGERS: Record<string, string> = {
  visit: 'Somebody came, and the access token was near its end or was turned down.',
  button: 'Somebody pressed “Refresh now”.',
  sweep: 'What a lost answer or a stop had left open was finished without a visitor.',
  age: 'Nobody came for most of a year, and a refresh token lives for one.',
  restore: 'The store came back from a backup, and nobody knew whether its tokens still count.',
  partner: 'Another program asked for an access token.',
  notification: 'Withings told us of news.',
};
