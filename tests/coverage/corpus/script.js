#!/usr/bin/env node
"use strict";
const { a = 1 } = require("./other"); //= default, pass by
module.exports = { a }; //=
