import { defineComponent } from "convex/server";

/** Who did what to whom, kept apart from the app's own tables. */
export default defineComponent("audit");
