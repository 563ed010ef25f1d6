// Draws docs/images/icon.png: two devices behind one translation unit, and a review mark. Run: node scripts/icon.mjs
import { deflateSync, crc32 } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const size = 256;

/** Signed distances; negative inside. */
const box = (x, y, cx, cy, w, h, r) => {
  const dx = Math.abs(x - cx) - w / 2 + r;
  const dy = Math.abs(y - cy) - h / 2 + r;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - r;
};
const line = (x, y, ax, ay, bx, by, width) => {
  const t = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
  return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)) - width / 2;
};
const disc = (x, y, cx, cy, r) => Math.hypot(x - cx, y - cy) - r;

const shapes = [
  [[27, 39, 51], (x, y) => box(x, y, 128, 128, 248, 248, 44)],
  [
    [120, 144, 166],
    (x, y) => Math.min(line(x, y, 78, 88, 78, 140, 9), line(x, y, 178, 88, 178, 140, 9), line(x, y, 128, 140, 128, 206, 9)),
  ],
  [[94, 179, 214], (x, y) => Math.min(box(x, y, 78, 70, 60, 46, 10), box(x, y, 178, 70, 60, 46, 10))],
  [[236, 240, 244], (x, y) => box(x, y, 128, 144, 180, 46, 12)],
  [[94, 179, 214], (x, y) => disc(x, y, 128, 208, 13)],
  [[46, 160, 103], (x, y) => disc(x, y, 190, 190, 40)],
  [[255, 255, 255], (x, y) => Math.min(line(x, y, 172, 191, 185, 204, 11), line(x, y, 185, 204, 210, 176, 11))],
];

function pixels() {
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let [r, g, b, a] = [0, 0, 0, 0];
      for (const [colour, distance] of shapes) {
        const cover = Math.max(0, Math.min(1, 0.5 - distance(x + 0.5, y + 0.5)));
        const alpha = cover + a * (1 - cover);
        if (alpha === 0) continue;
        [r, g, b] = [r, g, b].map((old, i) => (colour[i] * cover + old * a * (1 - cover)) / alpha);
        a = alpha;
      }
      rows.set([Math.round(r), Math.round(g), Math.round(b), Math.round(a * 255)], y * (size * 4 + 1) + 1 + x * 4);
    }
  }
  return rows;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

const header = Buffer.alloc(13);
header.writeUInt32BE(size, 0);
header.writeUInt32BE(size, 4);
header.set([8, 6, 0, 0, 0], 8);
const png = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  chunk('IHDR', header),
  chunk('IDAT', deflateSync(pixels(), { level: 9 })),
  chunk('IEND', Buffer.alloc(0)),
]);
writeFileSync(fileURLToPath(new URL('../docs/images/icon.png', import.meta.url)), png);
