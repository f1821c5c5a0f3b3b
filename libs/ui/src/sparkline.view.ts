const HEIGHT = 20;
const ROOM = 2;

/** Two SVG paths in a box of 100 × 20: the line, and the area under it. False where there is nothing to draw. */
export function sparkline(
  values: readonly number[],
): { readonly line: string; readonly area: string } | false {
  const most = Math.max(...values, 0);
  if (most <= 0 || values.length < 2) return false;
  const points = values.map((value, index) => {
    const x = round((index / (values.length - 1)) * 100);
    const y = round(HEIGHT - (value / most) * (HEIGHT - ROOM));
    return `${x} ${y}`;
  });
  const line = `M${points.join('L')}`;
  return { line, area: `${line}L100 ${HEIGHT}L0 ${HEIGHT}Z` };
}

const round = (value: number): number => Math.round(value * 100) / 100;
