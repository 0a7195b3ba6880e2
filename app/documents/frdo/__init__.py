"""ФИС ФРДО: the forty columns, their check, the workbook, a batch, a correcting one."""
