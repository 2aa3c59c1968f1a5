// The words of "Keep it safe".

export const safe = {
  title: 'Keep it safe',
  intro: 'Nothing on our side can bring your conversations back. Each of these can; one is good, two are better.',
  device: 'A second device',
  oneDevice: 'Everything is on this device alone. A second one has all of it, and each can do without the other.',
  devices: (n: number) => `Your conversations are on ${n} devices. Each can do without the others.`,
  backup: 'A backup file',
  install: 'An app of its own',
  installWhat: 'Installed as an app, Kith is not cleared away when the browser needs space.',
};
