MSCK REPAIR TABLE costs.flights
