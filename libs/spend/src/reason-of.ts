import { type PlanNote } from '@app/call';
import { type SpendAttempt } from './spend-attempts.js';

type Tried = Pick<SpendAttempt, 'deployment_id' | 'status' | 'error_class'>;

/** One sentence that tells why a call was answered, or refused, where it was. */
export function reasonOf({ group, by, deployments, fallbacks }: PlanNote, tries: readonly Tried[]): string {
  const chosen = CHOSEN[by] ?? `chosen by ${by} among ${deployments.length} deployments`;
  const steps = [`${chosen} of ${group}`];
  tries.forEach(({ status, error_class: errorClass }, index) => {
    if (errorClass === null) return;
    const what = status > 0 ? `${status} ${errorClass}` : errorClass;
    steps.push(`${what}${nextStep(tries, index, deployments)}`);
  });
  if (tries.at(-1)?.error_class && fallbacks.length === 0) steps.push('no fallback is configured');
  return steps.join('; ');
}

const CHOSEN: Readonly<Record<string, string | undefined>> = {
  only: 'the only deployment',
  session: 'where the conversation began, a deployment',
};

function nextStep(tries: readonly Tried[], index: number, deployments: readonly string[]): string {
  const next = tries[index + 1];
  if (!next) return ', nobody else was asked';
  if (next.deployment_id === tries[index]?.deployment_id) return ', asked again';
  return deployments.includes(next.deployment_id)
    ? ', another deployment was asked'
    : ', a fallback was asked';
}
