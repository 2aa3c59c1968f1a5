// The words about contexts: home, school, work, each with a name of one's own.

const seen = (name: string): string => (name === '' ? 'They see no name.' : `They see “${name}”.`);

export const contexts = {
  section: 'Contexts',
  what: 'Are you somebody else at work than at home? People in a context see the name that you have there, and nothing of your others.',
  none: 'Everybody sees one name so far: the one above.',
  add: 'Add a context',
  label: 'What you call it',
  labelHint: 'Home, school, work. Only you see it.',
  name: 'The name they see',
  nameHint: 'You can leave it empty: then they see none.',
  colour: 'Colour',
  colours: ['Green', 'Blue', 'Pink', 'Amber', 'Olive', 'Sky', 'Purple', 'Brown'] as readonly string[],
  change: (label: string) => `Change ${label}`,
  changeTitle: (label: string) => `Context “${label}”`,
  remove: 'Remove this context',
  removed: 'Removed.',
  inUse: 'Conversations or open invitations stand in it. Move them elsewhere first, then it can be removed.',
  count: (n: number) => (n === 1 ? '1 conversation' : `${n} conversations`),
  seen,

  filter: 'Show conversations of',
  all: 'All',
  outside: 'No context',
  nobody: 'Nobody here yet.',
  in: (label: string) => `In ${label}`,

  choose: 'Where do you meet them?',
  here: 'Context',
  hereHint: (name: string) => `${seen(name)} When you move them, they are told the other name.`,
};
