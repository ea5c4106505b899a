const UNKNOWN_HOST = 'there is no host of that name';
const UNREACHABLE = 'that host cannot be reached';
const UNTRUSTED =
  'its certificate is signed by nobody whom we trust: name the file of its CA in NODE_EXTRA_CA_CERTS';
const NO_TLS = 'TLS on one side and none on the other';

/** Codes of the system, of OpenSSL and of Node, as errors of a socket carry them. */
const FAULTS: Record<string, string> = {
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: UNKNOWN_HOST,
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nothing listens at that host and port',
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: look at the clock of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name than the one in the address',
  ECONNRESET: `it was closed at once: ${NO_TLS}?`,
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

/** Why a connection to a store did not come about, for the operator; null: nothing is known of this error. */
export function whyNoConnection(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return null;
  const words = FAULTS[code];
  return words === undefined ? code : `${words} (${code})`;
}
