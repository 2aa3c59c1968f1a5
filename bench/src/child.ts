// The other end of Yard.worker: runs in a forked process.

export const answer = (methods: Readonly<Record<string, (input: never) => unknown>>): void => {
  process.on(
    'message',
    ({ id, name, input }: { readonly id: number; readonly name: string; readonly input: unknown }) => {
      const run = async (): Promise<unknown> => {
        const method = methods[name];
        if (method === undefined) throw new Error(`no method ${name}`);
        return method(input as never);
      };
      run().then(
        (value) => process.send?.({ id, value }),
        (error: unknown) =>
          process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
    },
  );
  process.on('disconnect', () => process.exit(0));
};
