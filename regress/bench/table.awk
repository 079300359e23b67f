# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The pf for Linux authors
#
# Turns the lines of guest/measure into the table.  unit is "ns" or
# "instructions".
#
# Samples around which the packet source alone took over 1.10 of its best time
# are left out, if two undisturbed ones of the same case remain.  A figure is
# the median of its samples; noise is the distance of the least from the
# greatest, in percent of the median.

BEGIN { FS = "\t" }

$1 == "sample" {
	row = $3; filter = $4; key = row SUBSEP filter
	if (!(row in has)) {
		has[row] = 1
		rows[++nrow] = row
	}
	if (!(filter in wanted)) {
		wanted[filter] = 1
		filters[++nfilter] = filter
	}
	i = ++count[key]
	time[key, i] = (row ~ /-new$/ ? $7 : $5) / 1000
	cal[key, i] = $9
	if ($9 > 0 && (best == 0 || $9 < best))
		best = $9
	states[key] = $10
	kbytes[key] = $11
	packets[key] = $8
	if ($12 != "")
		notes[++nnote] = row ", " filter ", round " $2 ": " $12
	next
}
/^sample/ { next }

function quiet(key, i) { return cal[key, i] <= best * 1.10 }

# summarize(key): sets figure[key] and noise[key]
function summarize(key,   i, j, n, all, v, t) {
	for (i = 1; i <= count[key]; i++) {
		nsample++
		if (quiet(key, i)) {
			n++
			nquiet++
		}
	}
	all = n < 2
	shaky[key] = all && count[key] > 0 && n < count[key]
	n = 0
	for (i = 1; i <= count[key]; i++)
		if (all || quiet(key, i)) {
			t = time[key, i]
			for (j = n++; j > 0 && v[j] > t; j--)
				v[j + 1] = v[j]
			v[j + 1] = t
		}
	if (n == 0)
		return
	figure[key] = n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
	noise[key] = (v[n] - v[1]) * 100 / figure[key]
}

# Packets a second of filter a for one of filter b
function ratio(row, a, b) {
	a = row SUBSEP a
	b = row SUBSEP b
	if (!(a in figure) || !(b in figure))
		return sprintf("%10s", "-")
	return sprintf("%10.3f", figure[b] / figure[a])
}

# What a filter adds to a packet's way
function added(row, filter,   a, b) {
	a = row SUBSEP filter
	b = row SUBSEP "none"
	if (!(a in figure) || !(b in figure))
		return sprintf("%10s", "-")
	return sprintf("%10.1f", figure[a] - figure[b])
}

# Time with an address that the rule finds, in that with a written one
function found_for_itself(row, filter,   a, b) {
	a = row SUBSEP filter
	b = "nat-" substr(row, 7) SUBSEP filter
	if (!(a in figure) || !(b in figure))
		return ""
	return sprintf(" %s %.3f", filter, figure[a] / figure[b])
}

END {
	for (r = 1; r <= nrow; r++)
		for (f = 1; f <= nfilter; f++)
			summarize(rows[r] SUBSEP filters[f])
	# rules are walked by the packets of one UDP flow
	for (r = 1; r <= nrow; r++)
		if (rows[r] ~ /^(addr|port)-/ && ("udp-1" SUBSEP "none") in figure)
			figure[rows[r], "none"] = figure["udp-1", "none"]

	printf "%s a packet (nft+, pf+: added to none), ", unit
	printf "and ratios of packets a second\n%-12s", ""
	for (f = 1; f <= nfilter; f++)
		printf "%10s", filters[f]
	printf " |%10s%10s |%10s%10s%10s |%7s\n", "nft+", "pf+", "nft/none",
	    "pf/none", "pf/nft", "noise%"
	for (r = 1; r <= nrow; r++) {
		row = rows[r]
		printf "%-12s", row
		worst = 0
		mark = ""
		for (f = 1; f <= nfilter; f++) {
			key = row SUBSEP filters[f]
			if (key in figure)
				printf "%10.1f", figure[key]
			else
				printf "%10s", "-"
			if (noise[key] > worst)
				worst = noise[key]
			if (shaky[key])
				mark = " !"
		}
		printf " |%s%s", added(row, "nft"), added(row, "pf")
		printf " |%s%s%s", ratio(row, "nft", "none"),
		    ratio(row, "pf", "none"), ratio(row, "pf", "nft")
		printf " |%7.1f%s\n", worst, mark
	}
	print ""
	for (r = 1; r <= nrow; r++)
		for (f = 1; f <= nfilter; f++) {
			key = rows[r] SUBSEP filters[f]
			if (unit == "ns" && rows[r] ~ /-new$/ && states[key] > 0)
				printf "memory, %s, %s: %d states for %d flows, " \
				    "%.0f bytes a state, %.0f a flow\n", rows[r],
				    filters[f], states[key], packets[key],
				    kbytes[key] * 1024 / states[key],
				    kbytes[key] * 1024 / packets[key]
		}
	for (r = 1; r <= nrow; r++)
		if (rows[r] ~ /^natif-/) {
			line = ""
			for (f = 1; f <= nfilter; f++)
				line = line found_for_itself(rows[r], filters[f])
			if (line != "")
				printf "%s takes of the time of nat-%s:%s\n", rows[r],
				    substr(rows[r], 7), line
		}
	if (best > 0) {
		verdict = ""
		if (nquiet * 4 < nsample * 3)
			verdict = ": the machine is busy, do not trust this"
		printf "the packet source alone: %.1f ns; ", best / 1000
		printf "undisturbed samples: %d of %d%s\n", nquiet, nsample, verdict
	}
	for (i = 1; i <= nnote; i++)
		print "WRONG: " notes[i]
	exit nnote > 0 || nsample == 0
}
