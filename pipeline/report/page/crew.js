// The worker that computes whole maps.

const liveCost = 5e7; // multiply-adds that are computed at once
const mostFloats = 4e7; // floats that may be held for it

// Crew sends jobs to the worker, or runs them here where no worker can start.
class Crew {
  constructor() {
    this.waiting = new Map(); // number of a job → {lane, resolve, reject, progress}
    this.lanes = new Map(); // lane → number of its job
    this.sent = []; // messages for the case that the worker does not start
    this.next = 0;
  }

  start() {
    if (this.send) return;
    const here = () => {
      const lanes = new Lanes((message) => this.hear(message), 12);
      this.send = (message) => lanes.take(message);
    };
    try {
      const program = document.getElementById("engine").textContent + "\nserve();";
      const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
      const worker = new Worker(url);
      URL.revokeObjectURL(url);
      worker.onmessage = (e) => {
        this.sent = null;
        this.hear(e.data);
      };
      worker.onerror = () => {
        if (!this.sent) return;
        here();
        for (const message of this.sent) this.send(message);
        this.sent = null;
      };
      this.send = (message) => {
        this.sent?.push(message);
        worker.postMessage(message);
      };
    } catch {
      here();
    }
  }

// open names the picture of the jobs that follow.
  open(probe) {
    if (this.picture === probe) return;
    this.start();
    if (this.picture) this.send({ close: this.id });
    this.picture = probe;
    this.id = ++this.next;
    this.send({
      open: this.id,
      sources: probe.sources.map(({ samples, stacks }) => ({
        samples,
        stacks: stacks.map(({ layers, plans, arrays }) => ({ layers: layers.map((l) => ({ ...l, stats: undefined })), plans, arrays })),
      })),
    });
  }

// close forgets a picture.
  close(probe) {
    if (this.picture !== probe) return;
    this.send({ close: this.id });
    this.picture = undefined;
    this.waiting.clear();
    this.lanes.clear();
  }

// run resolves to the values of a job, and never if a newer job has taken its lane. progress
// gets the number of multiply-adds that are done.
  run(probe, lane, job, progress) {
    this.open(probe);
    this.waiting.delete(this.lanes.get(lane));
    const number = ++this.next;
    this.lanes.set(lane, number);
    this.send({ picture: this.id, lane, job: number, ...job });
    return new Promise((resolve, reject) => this.waiting.set(number, { resolve, reject, progress }));
  }

  hear({ job, values, error, done }) {
    const one = this.waiting.get(job);
    if (!one) return;
    if (done !== undefined) return one.progress?.(done);
    this.waiting.delete(job);
    if (error) one.reject(new Error(error));
    else one.resolve(values);
  }
}

const crew = new Crew();

// failed shows the error of a job in the place of its figure.
const failed = (place) => (e) => place.replaceChildren(h("span.failure", { role: "alert" }, e.message));
