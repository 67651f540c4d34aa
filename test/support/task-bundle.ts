/** A file that looks like a Face Landmarker bundle to whoever serves it: a zip whose directory names the part for landmarks. */
export function taskBundle(size = 5000): Buffer {
  const name = Buffer.from('face_landmarks_detector.tflite');
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(name.byteLength, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  const content = Buffer.alloc(size - central.byteLength - name.byteLength - end.byteLength, 'landmarks ');
  return Buffer.concat([content, central, name, end]);
}
