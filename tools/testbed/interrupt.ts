/** A terminal's Ctrl-C arrives twice through npm, which passes it on: both count as one. */
const repeatedSignalMs = 500;

/**
 * Resolves at the first Ctrl-C or SIGTERM, so that the caller can end its parts. Every later signal
 * has its default effect and ends this process at once.
 */
export function waitForInterrupt(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    const signals = ['SIGINT', 'SIGTERM'] as const;
    const onSignal = () => {
      resolve('interrupted');
      const restoreDefaults = () => {
        for (const signal of signals) process.removeListener(signal, onSignal);
      };
      setTimeout(restoreDefaults, repeatedSignalMs).unref();
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}
