// The table of time zones, which is as large as the rest of `Intl.DateTimeFormat`.
import data from "../intl/time_zones.json";

export const readTimeZones = () => data;
