// `npm test`: installs what is missing, then runs the suites on the pinned Node.
//   npm test [-- PATH… -t NAME]
process.argv.splice(2, 0, 'run-suites.mjs');
await import('./install-and.mjs');
