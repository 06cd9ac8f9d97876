/** For tests that expect no unexpected error: one of them fails the test. */
export const failOnErrors = {
  report(error: unknown): void {
    throw error;
  },
};
