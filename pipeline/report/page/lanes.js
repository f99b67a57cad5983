// Jobs that compute tiles, in a worker or in slices between the page's own work.

const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

// Lanes runs jobs. A new job replaces the job of its lane, so the newest request wins.
class Lanes {
// post gets {job, values}, {job, done, total} or {job, error}. slice is the time in
// milliseconds after which other work gets a turn.
  constructor(post, slice) {
    Object.assign(this, { post, slice });
    this.pictures = new Map();
    this.jobs = new Map();
  }

// take takes a message: open a picture, close it, or a job.
  take(message) {
    if (message.open !== undefined) {
      this.pictures.set(
        message.open,
        message.sources.flatMap(({ samples, stacks }) => {
          const source = reader(samples);
          return stacks.map(({ layers, plans, arrays }) => new Arithmetic(source, layers, plans, arrays));
        }),
      );
    } else if (message.close !== undefined) {
      this.pictures.delete(message.close);
      this.jobs.clear();
    } else {
      this.jobs.delete(message.lane);
      this.jobs.set(message.lane, { ...message, done: 0, said: 0, steps: this.begin(message) });
      this.loop();
    }
  }

// begin begins a job: filters k0 ≤ k < k1 of layer l at rows and columns from, to. With change
// the layer has other settings or weights. With before its activation is left out.
  *begin({ picture, st, l, k0, k1, rows, columns, change, before }) {
    let arithmetic = this.pictures.get(picture)[st];
    if (change) arithmetic = arithmetic.variant(l, change.layer, change.plan, change.arrays);
    if (before && arithmetic.layers[l]?.activation) {
      const { layer, plan, arrays } = arithmetic.of(l);
      arithmetic = (change ? arithmetic.below : arithmetic).variant(l, { ...layer, activation: "none" }, plan, arrays);
    }
    return yield* arithmetic.steps(l, k0, k1, range(...rows), range(...columns));
  }

  async loop() {
    if (this.running) return;
    this.running = true;
    while (this.jobs.size > 0) {
      const [lane, job] = this.jobs.entries().next().value,
        end = performance.now() + this.slice;
      try {
        for (;;) {
          const { done, value } = job.steps.next();
          if (done) {
            this.jobs.delete(lane);
            this.post({ job: job.job, values: value });
            break;
          }
          job.done += value;
          if (performance.now() > end) break;
        }
      } catch (e) {
        this.jobs.delete(lane);
        this.post({ job: job.job, error: e.message });
      }
      if (this.jobs.get(lane) === job && performance.now() - job.said > 100) {
        job.said = performance.now();
        this.post({ job: job.job, done: job.done });
      }
      await new Promise((next) => setTimeout(next));
    }
    this.running = false;
  }
}

// serve makes a worker of this script.
function serve() {
  const lanes = new Lanes((message) => postMessage(message), 40);
  onmessage = (e) => lanes.take(e.data);
}
