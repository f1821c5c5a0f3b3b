/** Names of rows that are run together. */
const numbered = (letter: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`);

export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  faults: [...numbered('D', 1, 10), ...numbered('U', 1, 14), ...numbered('P', 1, 13), ...numbered('L', 1, 4)],
  load: [...numbered('S', 1, 3), ...numbered('S', 6, 11)],
  soak: ['S4', 'S5'],
  /** The rows that have to hold before anything else is worth a look. */
  board: [
    ...['A1', 'A2', 'A3', 'A5', 'A6', 'A8', 'A11'],
    ...numbered('D', 1, 5),
    ...numbered('U', 3, 9),
    ...['P1', 'P3', 'P6', 'P7', 'L1'],
    ...['S1', 'S2', 'S4', 'S6', 'S8'],
    ...numbered('B', 1, 5),
    ...numbered('N', 2, 8),
    ...['N13', 'W1', 'W4', 'W5', 'W6', 'W8', 'C1', 'C7', 'K1', 'K2', 'K3', 'K6', 'O2', 'O4'],
  ],
};
