import { type KeyFormPage, keyFormView } from './key-form.view.js';
import { paths } from './paths.js';

/** The form of a key that is there already. */
export function keyEditView(page: KeyFormPage, hash: string): object {
  const others = page.fields.models.filter((name) => !page.models.includes(name));
  return {
    ...keyFormView({ ...page, models: [...others, ...page.models] }),
    crumb: { href: paths.key(hash) },
    action: paths.editKey(hash),
    name: page.fields.alias,
    isEdit: true,
  };
}
