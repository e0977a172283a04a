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

  window.wagtail.app.register("m365-when", WhenController);
  window.wagtail.app.register("m365-send", SendController);
})();
