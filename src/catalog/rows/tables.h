// Every area of the table, in the order that AllTunables() shows.
#pragma once

#include "catalog/rows/core.h"
