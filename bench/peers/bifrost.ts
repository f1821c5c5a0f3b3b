import { install, type Peer, scratchFolder } from './peer.ts';

const MODULE = 'github.com/maximhq/bifrost/transports@latest';

/** Bifrost comes as a Go module. @throws Error with the reason why it is not compared */
export function startBifrost(): Promise<Peer> {
  try {
    install(scratchFolder('bifrost'), 'go', ['mod', 'download', MODULE]);
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    const answer = /: (\d{3} [\w ]+)$/m.exec(stderr ?? '')?.[1] ?? 'Go is not there';
    return Promise.reject(new Error(`its Go module cannot be downloaded (${answer})`));
  }
  return Promise.reject(new Error('its module is there, but nobody has set it up for this comparison yet'));
}
