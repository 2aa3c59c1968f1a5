// The one Trusted Types policy of Kith, `kith`: addresses of workers, and only of this origin.

interface Policy {
  createScriptURL(url: string): object;
}
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

const sameOrigin = (url: string): string => {
  if (new URL(url, location.href).origin !== location.origin) throw new TypeError('a worker comes from this origin');
  return url;
};

let policy: Policy | undefined;
/** To be given to `new Worker` and to `serviceWorker.register`. */
export const trustedWorkerUrl = (url: string): string => {
  const factory = (globalThis as { readonly trustedTypes?: PolicyFactory }).trustedTypes;
  if (factory === undefined) return sameOrigin(url);
  policy ??= factory.createPolicy('kith', { createScriptURL: sameOrigin });
  // The DOM library knows no trusted types: it wants a string where browsers want this object.
  return policy.createScriptURL(url) as unknown as string;
};
