import { messages } from '../../ui/localize.ts';

export const words = messages('frames', {
  start: 'Start',
  stop: 'Stop',
  idle: 'Stopped',
  starting: 'Waiting for the camera',
  connecting: 'Connecting',
  running: 'Looking for faces',
  reconnecting: 'Reconnecting',
  failed: 'Stopped',
  faces: 'Faces',
  'round-trip': 'Round trip',
  'on-server': 'On the server',
  ms: '{value} ms',
  camera: 'The camera is off. Start it to look for faces.',
  found: '{count} in view: faces',
  'found-one': 'One face in view',
  none: 'No face in view',
  picture: 'Camera',
  busy: 'The server is busy. Pictures are sent less often for now.',
  'invalid-id': '“{id}” is not a name for frames-id: use 1 to 63 of a-z, 0-9 and -, not starting with -.',
});
