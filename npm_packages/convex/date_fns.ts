import { addDays, differenceInCalendarDays, format, formatDistance, parseISO, startOfMonth } from "date-fns";
import { check } from "./check";

export const run = check(async () => {
  const day = parseISO("2024-02-28T12:30:00Z");
  return [
    format(addDays(day, 2), "EEEE, d MMMM yyyy HH:mm xxx"), formatDistance(day, addDays(day, 40)), startOfMonth(day).toISOString(),
    differenceInCalendarDays(addDays(day, 9), day),
  ];
});
