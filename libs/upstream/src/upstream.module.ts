import { Global, Module } from '@nestjs/common';
import { ConfigStore } from '@app/config';
import { ALLOW_PRIVATE_UPSTREAMS, UpstreamClient } from './upstream.client.js';

@Global()
@Module({
  providers: [
    UpstreamClient,
    {
      provide: ALLOW_PRIVATE_UPSTREAMS,
      inject: [ConfigStore],
      useFactory: (store: ConfigStore): boolean => store.current.general.allowPrivateUpstreams,
    },
  ],
  exports: [UpstreamClient],
})
export class UpstreamModule {}
