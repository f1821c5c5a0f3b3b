import { isJsonObject, type JsonValue, type PlanNote } from '@app/call';

/** As long as a word may be. */
const MAX_LENGTH = 500;

/** A plan as the word that stands in its rows; names that do not fit are left out. */
export function planText({ group, by, deployments, fallbacks }: PlanNote): string {
  const left = [...deployments];
  const others = [...fallbacks];
  for (;;) {
    const text = JSON.stringify({ group: group.slice(0, 128), by, deployments: left, fallbacks: others });
    if (text.length <= MAX_LENGTH || left.length + others.length === 0) return text;
    if (others.length > left.length) others.pop();
    else left.pop();
  }
}

/** Null for a text that is no plan. */
export function readPlan(text: string | null): PlanNote | null {
  if (text === null) return null;
  try {
    const plan = JSON.parse(text) as JsonValue;
    if (!isJsonObject(plan) || typeof plan['group'] !== 'string' || typeof plan['by'] !== 'string')
      return null;
    const { group, by, deployments, fallbacks } = plan;
    return { group, by, deployments: textsIn(deployments), fallbacks: textsIn(fallbacks) };
  } catch {
    return null;
  }
}

const textsIn = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
