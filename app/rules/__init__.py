"""Pure decisions: may this be done, and if not, why and what to do. No database, no Flask, no clock.

The numbers of the rules (36 months, kinds of positions, hours) are data of ``voucher_rule`` and come in as values; the
rights behind them are 273-ФЗ ст. 47 ч. 5 п. 2, приказ № 52-од and the Порядок № 373-р.
"""
