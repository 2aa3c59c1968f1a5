// What a browser is told about everything that comes from this relay.

/** The web app's one Trusted Types policy, for the addresses of its workers. */
export const TRUSTED_TYPES_POLICY = 'kith';
/** Hashes (`'sha256-…'`) of style elements the web app's components insert; empty as long as there are none. */
export const STYLE_HASHES: readonly string[] = [];

/**
 * Nothing but this origin's own files runs, and nothing is sent anywhere but to relays. A relay on this computer has no TLS, so its
 * pages may also talk to other relays on this computer without it.
 */
export const contentSecurityPolicy = (onLoopback: boolean): string =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    ["style-src 'self'", ...STYLE_HASHES].join(' '),
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    `connect-src 'self' https: wss:${onLoopback ? ' http://localhost:* http://127.0.0.1:* ws://localhost:* ws://127.0.0.1:*' : ''}`,
    "require-trusted-types-for 'script'",
    `trusted-types ${TRUSTED_TYPES_POLICY}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

export const pageHeaders = (onLoopback: boolean): Readonly<Record<string, string>> => ({
  'content-security-policy': contentSecurityPolicy(onLoopback),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
});

/** For `/v1/*`: any page may ask, none can send credentials along. */
export const apiHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, retry-after, kith-total',
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
export const preflightHeaders: Readonly<Record<string, string>> = {
  ...apiHeaders,
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'content-type, range, if-none-match',
  'access-control-max-age': '86400',
};
