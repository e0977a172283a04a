/* Stimulus controllers of wagtail_m365; Wagtail brings Stimulus, nothing is built. */

(() => {
  const { Controller } = window.StimulusModule;

  /**
   * Shows its element only while a field of the same form has one value.
   * Without JavaScript everything is shown, and the server checks what counts.
   */
  class WhenController extends Controller {
    static values = { field: String, is: String };

    connect() {
      this.form = this.element.closest("form");
      this.update = this.update.bind(this);
      this.form?.addEventListener("change", this.update);
      this.update();
    }

    disconnect() {
      this.form?.removeEventListener("change", this.update);
    }

    update() {
      const field = this.form?.elements.namedItem(this.fieldValue);
      if (field) this.element.hidden = field.value !== this.isValue;
    }
  }

  /**
   * Says that something is being sent, and submits the form by itself where the
   * server allows it. Without JavaScript, its button does the same.
   */
  class SendController extends Controller {
    static targets = ["actions", "status", "text"];

    static values = { now: Boolean, text: String };

    connect() {
      const [navigation] = performance.getEntriesByType("navigation");
      // Back and Reload come here without a click; they would send people round.
      const clicked = !navigation || navigation.type === "navigate";
      if (this.nowValue && clicked) this.element.requestSubmit();
    }

    sending() {
      this.actionsTarget.hidden = true;
      this.statusTarget.hidden = false;
      // Written now, so that the live region has something new to read out.
      this.textTarget.textContent = this.textValue;
    }

    shown(event) {
      if (!event.persisted) return;
      this.actionsTarget.hidden = false;
      this.statusTarget.hidden = true;
      this.textTarget.textContent = "";
    }
  }

  /**
   * Keeps the list of a batch of transfers up to date until nothing is left to do.
   * Where the site has no workers, it also asks for one transfer after the other.
   * Without JavaScript, a reload and the button "Go on" do the same.
   */
  class TransfersController extends Controller {
    static targets = ["advice", "form", "rows", "state", "status"];

    static values = {
      url: String,
      goOn: String,
      every: { type: Number, default: 1500 },
    };

    connect() {
      this.stopped = false;
      if (!this.isUnfinished) return;
      this.timer = setTimeout(() => this.refresh(), this.everyValue);
      if (this.goOnValue) this.goOn();
    }

    disconnect() {
      this.stopped = true;
      clearTimeout(this.timer);
    }

    get isUnfinished() {
      return this.hasStateTarget && this.stateTarget.dataset.unfinished !== "0";
    }

    async refresh() {
      try {
        const response = await fetch(this.urlValue, {
          headers: { "X-Requested-With": "XMLHttpRequest" },
        });
        // Signed out, or gone: what stands there is the last that is known.
        if (!response.ok || response.redirected) return;
        this.show(await response.text());
      } catch {
        // The network is away for a moment: look again later.
      }
      if (this.stopped || !this.isUnfinished) return;
      this.timer = setTimeout(() => this.refresh(), this.everyValue);
    }

    show(html) {
      const focused = this.rowsTarget.contains(document.activeElement)
        ? document.activeElement.id
        : "";
      this.rowsTarget.innerHTML = html;
      if (focused) document.getElementById(focused)?.focus();
      const { status } = this.stateTarget.dataset;
      // Written only when it has changed: it is read out each time.
      if (this.statusTarget.textContent !== status) {
        this.statusTarget.textContent = status;
      }
      if (this.hasAdviceTarget) this.adviceTarget.hidden = !this.isUnfinished;
    }

    async goOn() {
      while (!this.stopped && this.isUnfinished) {
        const before = this.stateTarget.dataset.status;
        const response = await fetch(this.goOnValue, {
          method: "POST",
          body: new FormData(this.formTarget),
        }).catch(() => null);
        if (!response?.ok) return;
        clearTimeout(this.timer);
        await this.refresh();
        // Nothing came further: what is left has to wait for somebody.
        if (this.stateTarget.dataset.status === before) return;
      }
    }
  }

  /**
   * Fetches the menu of a row when its link is pressed, and puts Wagtail's dropdown in
   * its place. Without JavaScript, or when that fails, the link leads to a page with
   * the same actions.
   */
  class MenuController extends Controller {
    static targets = ["link"];

    linkTargetConnected(link) {
      link.setAttribute("role", "button");
      link.setAttribute("aria-haspopup", "menu");
      link.setAttribute("aria-expanded", "false");
    }

    get toggle() {
      return this.element.querySelector("[data-w-dropdown-target=toggle]");
    }

    get items() {
      return [...this.element.querySelectorAll("[role=menuitem]")];
    }

    async open(event) {
      const link = this.hasLinkTarget ? this.linkTarget : null;
      const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey;
      if (!link?.contains(event.target) || elsewhere || this.failed) return;
      event.preventDefault();
      if (link.ariaBusy === "true") return;
      link.ariaBusy = "true";
      const menu = await this.fetched(new URL(link.href));
      link.ariaBusy = "false";
      if (menu) this.put(menu);
      else this.sayThatItFailed();
    }

    async fetched(url) {
      url.pathname += "menu/";
      try {
        const response = await fetch(url, {
          headers: { "X-Requested-With": "XMLHttpRequest" },
        });
        // Redirected: signed out meanwhile.
        if (!response.ok || response.redirected) return null;
        const holder = document.createElement("template");
        holder.innerHTML = await response.text();
        return holder.content.querySelector("[data-controller=w-dropdown]");
      } catch {
        return null;
      }
    }

    put(menu) {
      const toggle = menu.querySelector("[data-w-dropdown-target=toggle]");
      const content = menu.querySelector("[data-w-dropdown-target=content]");
      toggle.setAttribute("aria-haspopup", "menu");
      content.setAttribute("role", "menu");
      content.setAttribute("aria-label", toggle.getAttribute("aria-label"));
      content.querySelectorAll("a, button").forEach((item) => {
        item.setAttribute("role", "menuitem");
        item.setAttribute("tabindex", "-1");
      });
      this.linkTarget.replaceWith(menu);
      // Wagtail's own controller has to find it first.
      requestAnimationFrame(() => {
        toggle.focus();
        toggle.click();
      });
    }

    shown() {
      this.items[0]?.focus();
    }

    hidden() {
      const focused = document.activeElement;
      if (this.items.includes(focused)) this.toggle.focus();
    }

    move(event) {
      const { items } = this;
      const at = items.indexOf(document.activeElement);
      // As a link that is a button, it is pressed by the space bar too.
      if (event.key === " " && this.hasLinkTarget) this.press(event);
      if (at < 0) return;
      const to = {
        ArrowDown: (at + 1) % items.length,
        ArrowUp: (at - 1 + items.length) % items.length,
        Home: 0,
        End: items.length - 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      items[to].focus();
    }

    press(event) {
      event.preventDefault();
      this.linkTarget.click();
    }

    sayThatItFailed() {
      this.failed = true;
      const text = document.querySelector("[data-m365-menu-failed]");
      const problem = document.createElement("p");
      problem.setAttribute("role", "alert");
      problem.className = "m365-meta";
      this.element.append(problem);
      problem.textContent = text?.dataset.m365MenuFailed ?? "";
    }
  }

  /**
   * Looks again for documents when somebody comes back to Wagtail's chooser from the
   * tab in which a file of OneDrive became one.
   */
  class ReturnController extends Controller {
    left() {
      this.isAway = true;
    }

    back() {
      if (!this.isAway) return;
      const search = document.querySelector("form[data-chooser-modal-search]");
      search?.requestSubmit();
      if (this.hasReturned) return;
      // Once: whoever then wants to upload a file is not led away from that.
      this.hasReturned = true;
      document.getElementById("tab-label-search")?.click();
    }
  }

  /**
   * Keeps the focus where it was when its content is replaced by the same content of
   * now, as when somebody comes back to the tab.
   */
  class FocusController extends Controller {
    remember(event) {
      clearTimeout(this.timer);
      this.last = event.target;
    }

    // An element that is replaced may lose the focus as well, but within one task.
    left() {
      this.timer = setTimeout(() => {
        this.last = null;
      });
    }

    restore() {
      clearTimeout(this.timer);
      const { last } = this;
      this.last = null;
      if (!last || document.activeElement !== document.body) return;
      const text = last.textContent.trim();
      [...this.element.querySelectorAll(last.tagName)]
        .find((one) => one.textContent.trim() === text)
        ?.focus({ preventScroll: true });
    }
  }

  window.wagtail.app.register("m365-focus", FocusController);
  window.wagtail.app.register("m365-return", ReturnController);
  window.wagtail.app.register("m365-menu", MenuController);
  window.wagtail.app.register("m365-transfers", TransfersController);
  window.wagtail.app.register("m365-when", WhenController);
  window.wagtail.app.register("m365-send", SendController);
})();
