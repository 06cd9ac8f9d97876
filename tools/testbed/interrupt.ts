/** The first Ctrl-C, or SIGTERM, asks for an end in good order; a second one ends the process at once. */
export function waitForInterrupt(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    const onSignal = () => {
      firstMs ??= performance.now();
      // npm passes on what the terminal sends as well: the same Ctrl-C comes twice.
      if (performance.now() - firstMs > 500) process.exit(130);
      resolve('interrupted');
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  });
}
