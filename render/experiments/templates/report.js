(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const RATES = [1, 0.5, 0.25];
  const JUMP = 2; // frames of drift from which on a clip jumps
  const KEPT = 4; // comparisons whose clips stay loaded
  const players = new Map(); // section.line -> Player, least recently used first

  const once = (target, ...names) => new Promise((done) => {
    const stop = () => { names.forEach((name) => target.removeEventListener(name, stop)); done(); };
    names.forEach((name) => target.addEventListener(name, stop));
  });

  class Clip {
    constructor(video) {
      this.video = video;
      this.fps = Number(video.dataset.fps);
      this.frames = Number(video.dataset.frames);
      this.broken = false;
      this.ahead = 0; // seconds that a jump while playing has to aim ahead
      this.jumped = false;
      video.addEventListener("error", () => { this.broken = true; video.closest(".frame").classList.add("broken"); });
    }
    get seconds() { return this.frames / this.fps; }
    /** The middle of the frame shown at a time, so that rounding never lands on its neighbour. */
    middle(time) {
      const frame = Math.max(0, Math.min(this.frames - 1, Math.floor(time * this.fps + 1e-4)));
      return (frame + 0.5) / this.fps;
    }
    async load() {
      const video = this.video;
      if (video.readyState >= 2 || this.broken) return;
      const ready = once(video, "loadeddata", "error");
      video.preload = "auto";
      video.load();
      await ready;
      if (!this.broken) video.closest(".frame").classList.add("on");
    }
    async seek(time) {
      if (this.broken) return;
      const done = once(this.video, "seeked", "error", "emptied");
      this.video.currentTime = this.middle(time);
      await done;
    }
    keepUp(clock, rate) {
      const video = this.video;
      if (video.seeking) return;
      if (this.jumped) { // a jump takes time: aim further ahead if the last one fell behind
        this.ahead = Math.max(0, Math.min(0.5, this.ahead + (clock.currentTime - video.currentTime) / rate));
        this.jumped = false;
      }
      const frames = (video.currentTime - clock.currentTime) * this.fps;
      if (Math.abs(frames) >= JUMP) {
        this.jumped = true;
        video.currentTime = clock.currentTime + this.ahead * rate;
      }
      const nudge = Math.abs(frames) > 0.05 && !this.jumped ? Math.max(-0.3, Math.min(0.3, frames * 0.4)) : 0;
      video.playbackRate = rate * (1 - nudge);
      if (video.paused && !video.ended) video.play().catch(() => {});
    }
    unload() {
      this.video.pause();
      this.video.preload = "none";
      this.video.closest(".frame").classList.remove("on");
      this.video.load();
    }
  }

  /** Plays the clips of one comparison in step: one is the clock, the others follow it. */
  class Player {
    constructor(line) {
      this.line = line;
      this.clips = all("video", line).map((video) => new Clip(video));
      this.range = line.querySelector("input[type=range]");
      this.time = line.querySelector(".time");
      this.playing = false;
      this.loop = true;
      this.rate = 1;
      this.muted = false;
      this.heard = this.clips[0];
      this.setClock();
      this.turn = 0;
      this.sound();
    }
    get frame() { return Number(this.range.value); }
    get usable() { return this.clips.filter((clip) => !clip.broken); }

    /** The longest clip is the clock; of equals the one that is heard, for its speed is never touched. */
    setClock() {
      const [first, ...rest] = this.usable.length ? this.usable : this.clips;
      this.clock = rest.reduce((a, b) => (b.seconds > a.seconds || (b.seconds === a.seconds && b === this.heard) ? b : a), first);
      this.clock.video.playbackRate = this.rate;
    }

    async toggle() { await (this.playing ? this.pause() : this.play()); }

    async play() {
      for (const other of players.values()) if (other !== this && other.playing) other.pause();
      const turn = ++this.turn;
      this.playing = true;
      this.show();
      await Promise.all(this.clips.map((clip) => clip.load()));
      this.setClock();
      const start = this.frame >= this.clock.frames - 1 ? 0 : this.frame / this.clock.fps;
      await Promise.all(this.clips.map((clip) => clip.seek(start)));
      if (turn !== this.turn) return;
      const running = this.usable.filter((clip) => start < clip.seconds);
      running.forEach((clip) => { clip.video.playbackRate = this.rate; });
      const started = await Promise.allSettled(running.map((clip) => clip.video.play()));
      if (turn !== this.turn) return;
      if (!running.length || started.every((one) => one.status === "rejected")) { await this.pause(); return; }
      this.follow(turn);
    }

    async pause() {
      this.turn++;
      this.playing = false;
      this.clips.forEach((clip) => clip.video.pause());
      this.show();
      if (this.clock.video.readyState >= 1) await this.seek(this.clock.video.currentTime);
    }

    /** Keep every clip within a frame of the clock: change its speed while it is off by little, jump when by more. */
    follow(turn) {
      if (turn !== this.turn) return;
      const clock = this.clock.video;
      if (clock.ended || clock.currentTime >= this.clock.seconds - 1e-3) { this.atEnd(); return; }
      for (const clip of this.usable) {
        if (clip !== this.clock && clock.currentTime < clip.seconds - 1 / clip.fps) clip.keepUp(clock, this.rate);
      }
      this.tell(clock.currentTime);
      requestAnimationFrame(() => this.follow(turn));
    }

    async atEnd() {
      if (!this.loop) { await this.pause(); return; }
      this.range.value = "0";
      await this.play();
    }

    async seek(time) {
      await Promise.all(this.clips.map((clip) => clip.load()));
      this.tell(time);
      await Promise.all(this.clips.map((clip) => clip.seek(time)));
    }

    async step(frames) {
      if (this.playing) await this.pause();
      const frame = Math.max(0, Math.min(this.clock.frames - 1, this.frame + frames));
      await this.seek((frame + 0.5) / this.clock.fps);
    }

    /** Dragging: show the newest wish as soon as the last one is on the screen. */
    async scrub() {
      const resume = this.playing;
      if (resume) { this.turn++; this.playing = false; this.clips.forEach((clip) => clip.video.pause()); this.show(); }
      this.wanted = (this.frame + 0.5) / this.clock.fps;
      if (this.scrubbing) return;
      this.scrubbing = true;
      while (this.wanted !== null) {
        const time = this.wanted;
        this.wanted = null;
        await this.seek(time);
      }
      this.scrubbing = false;
    }

    sound() {
      for (const clip of this.clips) {
        clip.video.muted = this.muted || clip !== this.heard;
        const button = clip.video.closest(".clip").querySelector("[data-do=hear]");
        if (button) button.setAttribute("aria-pressed", String(!clip.video.muted));
      }
      this.line.querySelector("[data-do=mute]").setAttribute("aria-pressed", String(this.muted));
    }

    hear(card) {
      this.heard = this.clips.find((clip) => clip.video.closest(".clip") === card) || this.heard;
      this.muted = false;
      this.setClock();
      this.sound();
    }

    slow() {
      this.rate = RATES[(RATES.indexOf(this.rate) + 1) % RATES.length];
      this.line.querySelector(".rate").textContent = `${this.rate}×`;
      this.clips.forEach((clip) => { clip.video.playbackRate = this.rate; });
    }

    tell(time) {
      if (this.wanted === undefined || this.wanted === null) {
        this.range.value = String(Math.min(this.clock.frames - 1, Math.floor(time * this.clock.fps + 1e-4)));
      }
      const minutes = Math.floor(time / 60);
      const said = `${minutes}:${(time - minutes * 60).toFixed(2).padStart(5, "0")}`;
      this.time.textContent = said;
      this.range.setAttribute("aria-valuetext", `frame ${this.frame}, ${said}`);
    }

    show() {
      const button = this.line.querySelector("[data-do=play]");
      button.setAttribute("aria-pressed", String(this.playing));
      const label = button.querySelector(".label");
      label.dataset.idle = label.dataset.idle || label.textContent;
      label.textContent = this.playing ? "Pause" : label.dataset.idle;
      this.line.classList.toggle("playing", this.playing);
    }

    do(what, target) {
      if (what === "play") this.toggle();
      else if (what === "back") this.step(-1);
      else if (what === "next") this.step(1);
      else if (what === "slow") this.slow();
      else if (what === "hear") this.hear(target.closest(".clip"));
      else if (what === "mute") { this.muted = !this.muted; this.sound(); }
      else if (what === "loop") {
        this.loop = !this.loop;
        this.line.querySelector("[data-do=loop]").setAttribute("aria-pressed", String(this.loop));
      }
    }
  }

  const playerOf = (element) => {
    const line = element.closest(".line");
    if (!line || !line.querySelector("video")) return null;
    const player = players.get(line) || new Player(line);
    players.delete(line);
    players.set(line, player);
    for (const [old, one] of players) {
      if (players.size <= KEPT) break;
      one.pause();
      one.clips.forEach((clip) => clip.unload());
      players.delete(old);
    }
    return player;
  };

  const say = (text) => { document.getElementById("said").textContent = text; };

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const area = document.createElement("textarea");
      area.value = button.dataset.copy;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.classList.add("done");
    say("Copied.");
    setTimeout(() => button.classList.remove("done"), 1200);
  };

  document.addEventListener("click", (event) => {
    const copying = event.target.closest("[data-copy]");
    if (copying) { copy(copying); return; }
    const button = event.target.closest("[data-do]");
    if (button) { const player = playerOf(button); if (player) player.do(button.dataset.do, button); return; }
    const frame = event.target.closest(".frame");
    if (frame && frame.querySelector("video")) playerOf(frame).toggle();
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches(".controls input[type=range]")) playerOf(event.target).scrub();
    if (event.target.id === "find") find(event.target.value);
  });

  const KEYS = { k: "play", ",": "back", ".": "next", l: "loop", s: "slow", m: "mute" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input[type=search]")) return;
    const what = KEYS[event.key.toLowerCase()];
    const player = what && playerOf(event.target);
    if (player) { event.preventDefault(); player.do(what, event.target); }
  });

  const texts = new WeakMap();
  const textOf = (line) => {
    if (!texts.has(line)) {
      const parts = [line.closest(".experiment").querySelector("h2"), ...all("h3, h4, .prompt, .end, .blank, .note", line)];
      texts.set(line, parts.map((part) => part.textContent).join(" ").toLowerCase());
    }
    return texts.get(line);
  };
  /** Every word must be in the text, or be the start of a fingerprint. */
  const fits = (line, words) => words.every((word) =>
    textOf(line).includes(word) || (word.length > 5 && ` ${line.dataset.find || ""}`.includes(` ${word}`)));
  const find = (wish) => {
    const words = wish.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const line of all(".line")) {
      line.hidden = !fits(line, words);
      if (!line.hidden) found++;
    }
    for (const section of all(".experiment")) section.hidden = !section.querySelector(".line:not([hidden])");
    document.getElementById("found").textContent = words.length ? `${found} found` : "";
  };

  document.documentElement.classList.add("js");
  all("video").forEach((video) => { video.controls = false; });
})();
