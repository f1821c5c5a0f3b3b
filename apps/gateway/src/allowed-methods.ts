import { type Express, type Request } from 'express';

/** What is used of a layer of Express' router. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** The methods that some route serves at the path of a request; empty where the path is unknown. */
export function allowedMethods(req: Request): readonly string[] {
  const { router } = req.app as Express & { readonly router: { readonly stack: readonly Layer[] } };
  const methods = new Set<string>();
  for (const layer of router.stack) {
    if (!layer.route || !layer.match(req.path)) continue;
    for (const method in layer.route.methods) if (method !== '_all') methods.add(method.toUpperCase());
  }
  return [...methods];
}
