/** Addresses of endpoints that do not exist. */
export function addressesOf(endpoints: number): string[] {
  return Array.from({ length: endpoints }, (_, i) => `10.0.${i >> 8}.${i & 255}:8000`);
}
