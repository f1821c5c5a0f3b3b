export { KeyAuthenticator } from './key-authenticator.js';
export { KeyAuthGuard } from './key-auth.guard.js';
export { type GeneratedKeyView, type KeyView } from './key-view.js';
export { KeysModule } from './keys.module.js';
export { KeysService } from './keys.service.js';
