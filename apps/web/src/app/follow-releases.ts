// Of the entry, which is small: what the offer of an update needs (update.ts) comes with the screens.
/**
 * Starts the page anew when another release takes over, which happens when an update was asked for, in this window or in
 * another: the files of the old one are gone then. Called first of all, so that no change is missed. The first release
 * of all takes over quietly, since nothing was there before it.
 */
export function followReleases(): void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (workers === undefined || workers.controller === null) return;
  workers.addEventListener('controllerchange', () => location.reload(), { once: true });
}
