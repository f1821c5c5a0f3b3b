/** Loaded into a gateway: its clock is off by as many milliseconds as the file in CLOCK_FILE says. */
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offsetMs = 0;

function look() {
  offsetMs = Number(readFileSync(process.env.CLOCK_FILE, 'utf8'));
}

look();
setInterval(look, 20).unref();

globalThis.Date = class Date extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(RealDate.now() + offsetMs);
    else super(...values);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};
