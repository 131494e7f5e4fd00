/** node2 before node10. */
export function order(one: string, other: string): number {
  const [key, otherKey] = [keyOf(one), keyOf(other)];
  return key < otherKey ? -1 : key > otherKey ? 1 : 0;
}

function keyOf(text: string): string {
  return text.replace(/\d+/g, (digits) => digits.padStart(8, "0"));
}
