/** A camera that shows a slowly moving face, made with ffmpeg from a portrait. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { findFfmpeg } from '../../tools/find-program.ts';
import { facePortrait } from './face-model.ts';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * The clip's file, 640x480 at 30 frames a second, or undefined where no portrait is at hand (`GLASSCAST_FACE_IMAGE`, or the
 * fixtures beside the project): then Chromium's own moving picture is the camera.
 */
export function faceClip(): string | undefined {
  const portrait = facePortrait();
  if (portrait === undefined) return undefined;
  const clip = path.join(root, '.cache', 'moving-face.mjpeg');
  if (existsSync(clip)) return clip;
  mkdirSync(path.dirname(clip), { recursive: true });
  // Once around in its ten seconds, so that it has no seam; all of the face stays in the picture.
  const pan = "scale=900:900,crop=640:480:x='130+130*sin(2*PI*t/10)':y='30+30*cos(2*PI*t/10)'";
  // Several test files may make it at once.
  const unfinished = `${clip}.${process.pid}.part`;
  const args = ['-y', '-v', 'error', '-loop', '1', '-framerate', '30', '-i', portrait, '-t', '10', '-vf', `${pan},format=yuvj420p`];
  const { status, stderr } = spawnSync(findFfmpeg(), [...args, '-q:v', '4', '-f', 'mjpeg', unfinished], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg could not make the clip: ${stderr}`);
  renameSync(unfinished, clip);
  return clip;
}
