export { DeleteKeyDto } from './dto/delete-key.dto.js';
export { GenerateKeyDto } from './dto/generate-key.dto.js';
export { credentialReader, type CredentialReader } from './credential.js';
export { KeyAuthenticator } from './key-authenticator.js';
export { KeyAuthGuard } from './key-auth.guard.js';
export { type GeneratedKeyView, type KeyView } from './key-view.js';
export { KeysModule } from './keys.module.js';
export { KeysService } from './keys.service.js';
