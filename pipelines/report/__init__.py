"""The report: what the marts say, in the terminal, as JSON and as one HTML file.

Modules, in the order data flows:

    statistics   rates with their intervals, and when there is too little data for one
    model, trust what a report holds, as frozen dataclasses
    queries      marts → numbers, by sums of numerators and denominators, never means of rates
    details      the same for what readers look into next
    quality      ops → whether the numbers can be trusted
    wording      numbers → texts; the only place that rounds
    definitions  what the numbers mean, in the words of the metrics file
    tables       a report → rows of text, shared by the terminal and the HTML file; quality_rows
                 those of the data quality box
    svg, charts  numbers → drawings
    html         all of it → one file without scripts or outside references
"""
