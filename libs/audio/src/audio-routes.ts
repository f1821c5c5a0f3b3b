/** Every path by which clients know a route of audio. */
export const audioRoutes = (name: string): string[] => [
  `v1/audio/${name}`,
  `audio/${name}`,
  `engines/*model/audio/${name}`,
  `openai/deployments/*model/audio/${name}`,
];
