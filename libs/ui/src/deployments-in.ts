import { type Deployment } from '@app/call';
import { type ModelTable } from '@app/routing';

/** Every deployment, those behind patterns too. */
export function deploymentsIn({ groups, wildcards }: Pick<ModelTable, 'groups' | 'wildcards'>): Deployment[] {
  return [
    ...[...groups.values()].flatMap(({ deployments }) => deployments),
    ...wildcards.flatMap(({ entries }) => entries.map(({ deployment }) => deployment)),
  ];
}
