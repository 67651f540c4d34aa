/** What tests of faces run on, where it is at hand. */
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

const firstThere = (...files: readonly (string | undefined)[]): string | undefined =>
  files.find((file): file is string => file !== undefined && existsSync(file));

/** The Face Landmarker bundle: `GLASSCAST_FACE_MODEL`, the fixtures beside the project, or what `npm run models` has fetched. */
export const faceModel = (): string | undefined =>
  firstThere(
    process.env['GLASSCAST_FACE_MODEL'],
    path.resolve(root, '../shared/fixtures/face_landmarker_v2.task'),
    path.join(root, 'glasscast-data/models/face_landmarker.task'),
  );

/** A portrait with one face: `GLASSCAST_FACE_IMAGE`, or the fixtures beside the project. */
export const facePortrait = (): string | undefined =>
  firstThere(process.env['GLASSCAST_FACE_IMAGE'], path.resolve(root, '../shared/fixtures/face.png'));

/** For `skip`: false, or why and what to do. */
export const withoutFaceModel = (): string | false =>
  faceModel() === undefined && 'no face model: run npm run models, or set GLASSCAST_FACE_MODEL to a face_landmarker.task';

/** For `skip`: false, or why and what to do. */
export const withoutPortrait = (): string | false =>
  facePortrait() === undefined && 'no portrait: set GLASSCAST_FACE_IMAGE to a picture with one face';
