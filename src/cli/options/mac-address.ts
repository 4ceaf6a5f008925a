/**
 * Recognises hardware addresses in the forms that Go accepts: six, eight or twenty bytes, separated by
 * `:` or `-`, or in groups of four digits by `.`.
 * Source: Go net.ParseMAC.
 */
export function isMacAddress(text: string): boolean {
  const value = text.trim();
  const bytes = [6, 8, 20];
  return [
    [':', 2],
    ['-', 2],
    ['.', 4],
  ].some(([separator, digits]) => {
    const groups = value.split(separator as string);
    return (
      bytes.includes((groups.length * (digits as number)) / 2) &&
      groups.every((group) => group.length === digits && /^[0-9a-fA-F]+$/.test(group))
    );
  });
}
